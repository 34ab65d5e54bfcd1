"""The old edge functions' doors, to the letter: what the apps sent and what they got back."""
