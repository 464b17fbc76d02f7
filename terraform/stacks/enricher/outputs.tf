output "function_name" {
  description = "Name of the function."
  value       = module.resources.function_name
}

output "published_version" {
  description = "Version this apply published."
  value       = module.resources.published_version
}

output "traffic" {
  description = "Who serves after this apply, and the one command that changes it."
  value       = module.resources.traffic
}
