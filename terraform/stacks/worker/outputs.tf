output "function_name" {
  description = "Name of the function."
  value       = module.service.function_name
}

output "alias_name" {
  description = "Alias that serves."
  value       = module.service.alias_name
}

output "published_version" {
  description = "Version this apply published; `make deploy` shifts the alias to it."
  value       = module.service.published_version
}

output "deployment_app" {
  description = "CodeDeploy application that moves the alias."
  value       = module.service.deployment_app
}

output "deployment_group" {
  description = "CodeDeploy deployment group that moves the alias."
  value       = module.service.deployment_group
}

output "environment" {
  description = "The function's environment variables, for the contract tests."
  value       = module.inputs.environment
}

output "role_policy_json" {
  description = "The role's policy, for the contract tests."
  value       = module.service.role_policy_json
}

output "alarm_metrics" {
  description = "Metrics the alarms watch, for the contract tests."
  value       = flatten([for name, alarm in local.alarms : [for metric in values(alarm.metrics) : merge(metric, { alarm = name })]])
}
