output "page_alarm_names" {
  description = "Names of the composite alarms by incident, of those incidents that more than one alarm tells of."
  value       = { for incident, alarm in aws_cloudwatch_composite_alarm.page : incident => alarm.alarm_name }
}

output "counted" {
  description = "By alarm: threshold, period_seconds and evaluation_periods as numbers."
  value       = local.counted
}
