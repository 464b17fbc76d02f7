output "role_arns" {
  description = "ARNs of GitHub's roles: plan and deploy; empty without a repository."
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}
