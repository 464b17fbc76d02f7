output "artefact_bucket" {
  description = "Bucket that `make deploy` uploads to."
  value       = aws_s3_bucket.artefacts.id
}

output "alarm_topic_arn" {
  description = "Topic that hears every alarm."
  value       = aws_sns_topic.alarms.arn
}

output "kms_key_arn" {
  description = "Key of the environment."
  value       = aws_kms_key.this.arn
}

output "person_policy_arns" {
  description = "Policies to attach to the roles of people who look (reader) and who operate (operator)."
  value       = { for key, policy in aws_iam_policy.person : key => policy.arn }
}
