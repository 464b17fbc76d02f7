output "path" {
  description = "SSM path under which the flags are."
  value       = var.path
}
