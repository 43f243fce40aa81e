// Package storage TODO
package storage
