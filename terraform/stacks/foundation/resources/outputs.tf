output "artefact_bucket" {
  description = "Bucket that holds the services' zips."
  value       = aws_s3_bucket.artefacts.id
}

output "role_arns" {
  description = "Roles of GitHub's workflows: plan and deploy."
  value       = module.access.role_arns
}

output "operate_policy_arn" {
  description = "Policy to attach to the on-call's roles."
  value       = module.access.operate_policy_arn
}
