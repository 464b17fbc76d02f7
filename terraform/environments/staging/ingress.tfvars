log_retention_days       = 30
reserved_concurrency     = 10
throttle_rate_per_second = 20
throttle_burst           = 40

alarm_thresholds = {
  errors_per_minute        = 0
  ack_latency_p99_ms       = 1500
  auth_failures_per_minute = 5
}
