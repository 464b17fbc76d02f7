output "page_alarm_name" {
  description = "Name of the composite alarm."
  value       = aws_cloudwatch_composite_alarm.page.alarm_name
}

output "page_alarm_arn" {
  description = "ARN of the composite alarm."
  value       = aws_cloudwatch_composite_alarm.page.arn
}
