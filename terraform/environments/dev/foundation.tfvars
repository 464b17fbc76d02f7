alarm_emails       = []
monthly_budget_usd = 30
