export interface CephConfigurationOptions {
  readonly folder: string
  readonly clusterId: string
  readonly monitorPort: number
  readonly gatewayPort: number
}

/** Apart from what `freePort` gives, and from what systems take for outgoing connections. */
const osdPorts = { first: 30_000, starts: 2_000, walk: 500 }

/** Id of the one key that radosgw has for SSE-KMS. */
export const cephKmsKeyId = 'test-key'

/** A ceph.conf for a throw-away cluster of one: everything in one folder, small, and quick to become ready. */
export function cephConfiguration(options: CephConfigurationOptions): string {
  const { folder, clusterId, monitorPort, gatewayPort } = options
  // The OSD walks this range until it finds free ports.
  const firstOsdPort = osdPorts.first + Math.floor(Math.random() * osdPorts.starts)
  const settings = {
    fsid: clusterId,
    mon_host: `[v2:127.0.0.1:${monitorPort}/0]`,
    public_network: '127.0.0.0/8',
    cluster_network: '127.0.0.0/8',
    ms_bind_msgr1: false,
    ms_bind_port_min: firstOsdPort,
    ms_bind_port_max: firstOsdPort + osdPorts.walk,
    // With authentication off, radosgw 16 waits for ever.
    auth_cluster_required: 'cephx',
    auth_service_required: 'cephx',
    auth_client_required: 'cephx',
    auth_allow_insecure_global_id_reclaim: false,
    keyring: `${folder}/keyring`,
    mon_data: `${folder}/mon`,
    osd_data: `${folder}/osd`,
    run_dir: `${folder}/run`,
    admin_socket: `${folder}/run/$cluster-$name.asok`,
    pid_file: `${folder}/run/$name.pid`,
    log_file: `${folder}/log/$name.log`,
    mon_cluster_log_file: `${folder}/log/cluster.log`,
    // The monitor's default waits about a second for each map change; a new cluster needs many.
    paxos_propose_interval: 0.01,
    mon_tick_interval: 1,
    mon_allow_pool_size_one: true,
    mon_warn_on_pool_no_redundancy: false,
    mon_max_pg_per_osd: 2000,
    // Test machines may have little disk left; nothing here needs it.
    mon_data_avail_crit: 1,
    mon_data_avail_warn: 1,
    osd_pool_default_size: 1,
    osd_pool_default_min_size: 1,
    osd_pool_default_pg_num: 1,
    osd_pool_default_pgp_num: 1,
    osd_pool_default_pg_autoscale_mode: 'off',
    osd_crush_chooseleaf_type: 0,
    osd_objectstore: 'memstore',
    memstore_device_bytes: 1_073_741_824,
    osd_op_num_shards: 1,
    osd_boot_delay: 0,
    osd_heartbeat_interval: 2,
    osd_mclock_skip_benchmark: true,
    osd_class_load_list: '*',
    osd_class_default_list: '*',
    // Without tcp_nodelay every small answer waits 40 ms.
    rgw_frontends: `beast endpoint=127.0.0.1:${gatewayPort} tcp_nodelay=1`,
    rgw_thread_pool_size: 32,
    // Instead of a key management service: one key, and encryption without TLS.
    rgw_crypt_require_ssl: false,
    rgw_crypt_s3_kms_backend: 'testing',
    rgw_crypt_s3_kms_encryption_keys: `${cephKmsKeyId}=${Buffer.alloc(32, 'key').toString('base64')}`,
    rgw_enable_gc_threads: false,
    rgw_enable_lc_threads: false,
    rgw_enable_quota_threads: false,
    rgw_run_sync_thread: false,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return `[global]\n${lines.join('\n')}\n`
}
