//go:build !unix

package main

// expectHangup does nothing: there is no such signal.
func (s *signals) expectHangup() {}
