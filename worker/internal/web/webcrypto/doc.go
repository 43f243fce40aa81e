// Package webcrypto implements the algorithms of the Web Cryptography API with the packages below crypto of the standard
// library. It works on bytes and plain values and does not depend on a JavaScript engine: the caller converts the
// dictionaries of scripts to an [Algorithm], and stores keys as the standard's CryptoKey.
//
// An error of an operation is an [*Error], which has the name that the standard requires. Functions are safe for concurrent
// use, and do not keep or change the slices that they get. Comparisons of secrets take constant time.
package webcrypto
