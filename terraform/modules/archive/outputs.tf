output "bucket_name" {
  description = "Name of the archive's bucket."
  value       = aws_s3_bucket.events.id
}

output "bucket_arn" {
  description = "ARN of the archive's bucket."
  value       = aws_s3_bucket.events.arn
}

output "export_policy_arn" {
  description = "ARN of the policy for whoever starts an export."
  value       = aws_iam_policy.export.arn
}
