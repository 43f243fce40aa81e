package main

func Example_version() {
	run([]string{"version"})
	// Output: linger (devel)
}
