log_retention_days     = 90
reserved_concurrency   = 10
maximum_concurrency    = 4
audit_trail_enabled    = true
richpanel_base_url     = "https://api.richpanel.com/v1"
richpanel_author_id    = "set-me" # id of the agent whose name replies carry
openai_base_url        = "https://api.openai.com/v1"
sweep_interval_minutes = 15

alarm_thresholds = {
  errors_per_minute        = 0
  queue_age_warn_seconds   = 300
  fallback_percent         = 50
  duplicates_per_minute    = 20
  vendor_throttled_percent = 10
  vendor_errors_percent    = 20
  sweep_tickets_per_run    = 10
}
