output "artefact_bucket" {
  description = "Bucket that holds the services' zips."
  value       = aws_s3_bucket.artefacts.id
}

output "role_arns" {
  description = "Roles of GitHub's workflows: plan and deploy."
  value       = module.access.role_arns
}

output "person_policy_arns" {
  description = "Policies to attach to the roles of people who look (reader) and who operate (operator)."
  value       = { for key, policy in aws_iam_policy.person : key => policy.arn }
}
