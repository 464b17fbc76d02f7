log_retention_days       = 90
reserved_concurrency     = 50
throttle_rate_per_second = 50
throttle_burst           = 100

alarm_thresholds = {
  errors_per_minute        = 0
  ack_latency_p99_ms       = 1500
  auth_failures_per_minute = 5
}

# full hours without a webhook while the shop is open, by the hours of the worker's policy
silence_hours = 3
