log_retention_days       = 90
reserved_concurrency     = 50
throttle_rate_per_second = 50
throttle_burst           = 100

alarm_thresholds = {
  errors_per_minute        = 0
  ack_latency_p99_ms       = 1500
  auth_failures_per_minute = 5
}

# 9 to 17 o'clock in New York, standard time; set it to the shop's own day
business_day = {
  from_hour_utc = 14
  hours         = 8
}
