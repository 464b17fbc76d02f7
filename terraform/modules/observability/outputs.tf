output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "dashboard_body" {
  description = "The dashboard as JSON, for the tests that compare its metrics with those the code emits."
  value       = aws_cloudwatch_dashboard.this.dashboard_body
}
