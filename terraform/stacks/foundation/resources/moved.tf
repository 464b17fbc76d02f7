# One topic became two; the one that was keeps its subscriptions.
moved {
  from = aws_sns_topic.alarms
  to   = aws_sns_topic.alarms["alarms"]
}

moved {
  from = aws_sns_topic_policy.alarms
  to   = aws_sns_topic_policy.alarms["alarms"]
}
