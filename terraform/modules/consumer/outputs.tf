output "function_name" {
  description = "Name of the function."
  value       = module.service.function_name
}

output "published_version" {
  description = "Version this apply published."
  value       = module.service.published_version
}

output "traffic" {
  description = "Who serves, and the one command that changes it."
  value       = module.service.traffic
}

output "environment" {
  description = "The function's environment variables, for the contract tests."
  value       = module.inputs.environment
}

output "role_policy_json" {
  description = "The role's policy, for the contract tests."
  value       = module.service.role_policy_json
}
