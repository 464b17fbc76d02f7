# Where these were until version 0.2.0 of the stacks; an environment of that age keeps them.

moved {
  from = module.alarms
  to   = module.resources.module.alarms
}

moved {
  from = aws_budgets_budget.monthly
  to   = module.resources.aws_budgets_budget.monthly
}

moved {
  from = aws_kms_key.this
  to   = module.resources.aws_kms_key.this
}

moved {
  from = aws_kms_alias.this
  to   = module.resources.aws_kms_alias.this
}

moved {
  from = module.table
  to   = module.resources.module.table
}

moved {
  from = module.queue
  to   = module.resources.module.queue
}

moved {
  from = module.secret
  to   = module.resources.module.secret
}

moved {
  from = module.flags
  to   = module.resources.module.flags
}

moved {
  from = aws_sns_topic.alarms
  to   = module.resources.aws_sns_topic.alarms
}

moved {
  from = aws_sns_topic_policy.alarms
  to   = module.resources.aws_sns_topic_policy.alarms
}

moved {
  from = aws_sns_topic_subscription.alarm_email
  to   = module.resources.aws_sns_topic_subscription.alarm_email
}

moved {
  from = module.observability
  to   = module.resources.module.observability
}

moved {
  from = module.archive
  to   = module.resources.module.archive
}

moved {
  from = module.table_audit
  to   = module.resources.module.table_audit
}

moved {
  from = aws_s3_bucket.artefacts
  to   = module.resources.aws_s3_bucket.artefacts
}

moved {
  from = aws_s3_bucket_public_access_block.artefacts
  to   = module.resources.aws_s3_bucket_public_access_block.artefacts
}

moved {
  from = aws_s3_bucket_ownership_controls.artefacts
  to   = module.resources.aws_s3_bucket_ownership_controls.artefacts
}

moved {
  from = aws_s3_bucket_versioning.artefacts
  to   = module.resources.aws_s3_bucket_versioning.artefacts
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.artefacts
  to   = module.resources.aws_s3_bucket_server_side_encryption_configuration.artefacts
}

moved {
  from = aws_s3_bucket_policy.artefacts
  to   = module.resources.aws_s3_bucket_policy.artefacts
}
