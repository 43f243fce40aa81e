// Package deploy has tests of the files in the folder deploy and of .goreleaser.yaml: servers in front of Linger are run, units are
// verified by systemd, manifests and recipes are decoded by the types of the programs that read them.
package deploy
