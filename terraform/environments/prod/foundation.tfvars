alarm_emails               = []
queue_age_warn_seconds     = 120
queue_age_critical_seconds = 300
monthly_budget_usd         = 200
