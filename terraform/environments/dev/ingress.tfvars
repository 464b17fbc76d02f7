log_retention_days       = 14
reserved_concurrency     = 10
throttle_rate_per_second = 10
throttle_burst           = 20

alarm_thresholds = {
  errors_per_minute        = 0
  ack_latency_p99_ms       = 1500
  auth_failures_per_minute = 5
}
