//go:build !unix

package main

import "os"

// lockFile does nothing here: two demos are told apart by their ports alone.
func lockFile(*os.File) error { return nil }
