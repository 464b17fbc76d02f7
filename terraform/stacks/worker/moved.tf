# Where these were until version 0.2.0 of the stacks; an environment of that age keeps them.

moved {
  from = module.alarms
  to   = module.resources.module.alarms
}

moved {
  from = module.service
  to   = module.resources.module.service
}

moved {
  from = aws_iam_role.scheduler
  to   = module.resources.aws_iam_role.scheduler
}

moved {
  from = aws_iam_role_policy.scheduler
  to   = module.resources.aws_iam_role_policy.scheduler
}

moved {
  from = aws_scheduler_schedule.sweep
  to   = module.resources.aws_scheduler_schedule.sweep
}
