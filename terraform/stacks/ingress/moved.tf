# Where these were until version 0.2.0 of the stacks; an environment of that age keeps them.

moved {
  from = module.alarms
  to   = module.resources.module.alarms
}

moved {
  from = module.webhook_api
  to   = module.resources.module.webhook_api
}

moved {
  from = module.service
  to   = module.resources.module.service
}
