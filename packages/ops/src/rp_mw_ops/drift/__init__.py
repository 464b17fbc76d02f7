"""What the policy names in Richpanel, held against what is there."""
