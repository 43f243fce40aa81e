//go:build !unix

package main

// notifyHangup does nothing, because this system has no SIGHUP.
func (s *signals) notifyHangup() {}
