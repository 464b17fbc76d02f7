output "role_arns" {
  description = "ARNs of GitHub's roles: plan and deploy; empty without a repository."
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}

output "operate_policy_arn" {
  description = "ARN of the policy to attach to the on-call's roles."
  value       = aws_iam_policy.operate.arn
}
