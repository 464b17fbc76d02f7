alarm_emails       = []
monthly_budget_usd = 50
