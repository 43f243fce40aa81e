package driver

// Compressing is for tests of package driver_test.
var Compressing = compressing
