package main

func closeOnExec(int) {}

// notifyUpgrade does nothing, because this system has no SIGUSR2.
func (s *signals) notifyUpgrade() {}
