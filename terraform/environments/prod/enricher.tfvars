log_retention_days   = 90
reserved_concurrency = 5
maximum_concurrency  = 2
shopify_base_url     = "https://example.myshopify.com"

alarm_thresholds = {
  errors_per_minute        = 0
  queue_age_warn_seconds   = 300
  vendor_throttled_percent = 10
  vendor_errors_percent    = 20
}
