//go:build !unix

package main

// expectHangup does nothing, because this system has no SIGHUP.
func (s *signals) expectHangup() {}
