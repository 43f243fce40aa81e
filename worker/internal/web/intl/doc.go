// Package intl implements the operations of ECMA-402, the internationalization API of ECMAScript: numbers, dates, lists,
// relative times, plural rules, display names, collation and segmentation. It does not depend on the script engine.
//
// The data is that of the Unicode CLDR for the locales in cldr.zip, which the command in the folder cldr makes. It is read when it is first
// needed: one locale and one section at a time. Results are those of ICU with the same version of CLDR, except where a
// comment states a difference.
//
// Options have the names of ECMA-402. Callers pass only values that the standard allows for each single option; errors
// are for combinations that it does not allow, and are RangeErrors in terms of ECMAScript.
package intl
