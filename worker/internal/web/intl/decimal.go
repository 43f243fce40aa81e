package intl

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

var errNaN = errors.New("Invalid number value in a range") //nolint:staticcheck // the text of a RangeError

// decimal is an exact decimal number, or an infinity or NaN.
type decimal struct {
	negative    bool
	special     string   // "infinity", "nan", or empty for a finite number
	coefficient *big.Int // not negative
	exponent    int      // of ten
}

// parseDecimal parses what the function String of ECMAScript makes of numbers and BigInts, and decimal literals.
func parseDecimal(text string) decimal {
	d := decimal{coefficient: new(big.Int)}
	text, d.negative = strings.CutPrefix(text, "-")
	text = strings.TrimPrefix(text, "+")
	if text == "Infinity" {
		d.special = "infinity"
		return d
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	integer, fraction, _ := strings.Cut(mantissa, ".")
	integer, fraction = strings.TrimLeft(integer, "0"), fraction[:min(len(fraction), maxExponent)]
	if len(integer) > maxExponent {
		d.special = "infinity"
		return d
	}
	if integer == "" && fraction == "" {
		integer = "0"
	}
	if exponent != "" {
		d.exponent, _ = strconv.Atoi(exponent) // the largest int if it is out of range
	}
	if _, ok := d.coefficient.SetString(integer+fraction, 10); !ok {
		d.special, d.negative = "nan", false
		return d
	}
	switch {
	case d.exponent > maxExponent && d.coefficient.Sign() != 0:
		d.special = "infinity"
	case d.exponent > maxExponent, d.exponent < -maxExponent:
		d.coefficient, d.exponent = new(big.Int), 0
	default:
		d.exponent -= len(fraction)
	}
	return d
}

// maxExponent bounds the time and the memory that a number such as 1e999999999 needs. A number with a larger exponent or with
// more digits before the point is infinite or zero, and further digits after the point are ignored.
const maxExponent = 10000

func (d decimal) isZero() bool { return d.special == "" && d.coefficient.Sign() == 0 }

// magnitude returns the exponent of the first digit of a finite number, and 0 for zero.
func (d decimal) magnitude() int {
	if d.isZero() {
		return 0
	}
	return len(d.coefficient.String()) - 1 + d.exponent
}

// shift returns the number times ten to the power of n.
func (d decimal) shift(n int) decimal {
	d.exponent += n
	return d
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// roundTo returns the number as a multiple of increment times ten to the power of place.
func (d decimal) roundTo(place, increment int, mode string) decimal {
	unit := big.NewInt(int64(increment))
	value := new(big.Int).Set(d.coefficient)
	if d.exponent >= place {
		value.Mul(value, powerOfTen(d.exponent-place))
	} else {
		unit.Mul(unit, powerOfTen(place-d.exponent))
	}
	quotient, rest := new(big.Int).QuoRem(value, unit, new(big.Int))
	if rest.Sign() != 0 && d.roundsUp(quotient, rest.Lsh(rest, 1).Cmp(unit), mode) {
		quotient.Add(quotient, big.NewInt(1))
	}
	d.coefficient, d.exponent = quotient.Mul(quotient, big.NewInt(int64(increment))), place
	return d
}

// roundsUp reports whether a number between the multiple quotient of a unit and the next one is rounded away from zero. half
// compares the rest with half a unit.
func (d decimal) roundsUp(quotient *big.Int, half int, mode string) bool {
	switch mode {
	case "ceil":
		return !d.negative
	case "floor":
		return d.negative
	case "expand":
		return true
	case "trunc":
		return false
	}
	if half != 0 {
		return half > 0
	}
	switch mode {
	case "halfCeil":
		return !d.negative
	case "halfFloor":
		return d.negative
	case "halfTrunc":
		return false
	case "halfEven":
		return quotient.Bit(0) == 1
	}
	return true // halfExpand
}

// fixed returns the digits of a number that is a multiple of ten to the power of -maximum, with at least minimum digits
// after the point.
func (d decimal) fixed(minimum, maximum int) string {
	digits := d.coefficient.String()
	if d.exponent > 0 && d.coefficient.Sign() != 0 {
		digits += strings.Repeat("0", d.exponent)
	}
	places := max(0, -d.exponent)
	if len(digits) <= places {
		digits = strings.Repeat("0", places-len(digits)+1) + digits
	}
	integer, fraction := digits[:len(digits)-places], digits[len(digits)-places:]
	if len(fraction) > maximum {
		fraction = fraction[:maximum]
	}
	for len(fraction) > minimum && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	fraction += strings.Repeat("0", max(0, minimum-len(fraction)))
	if fraction == "" {
		return integer
	}
	return integer + "." + fraction
}

// DigitOptions are the options of NumberFormat and PluralRules for the digits (ECMA-402, SetNumberFormatDigitOptions).
type DigitOptions struct {
	MinimumIntegerDigits     *int
	MinimumFractionDigits    *int
	MaximumFractionDigits    *int
	MinimumSignificantDigits *int
	MaximumSignificantDigits *int
	RoundingIncrement        int
	RoundingMode             string
	RoundingPriority         string
	TrailingZeroDisplay      string
}

type digitDefaults struct {
	minimumFraction, maximumFraction int
	compact                          bool
}

// digitFormat is how the digits of numbers are chosen.
type digitFormat struct {
	rounding                           string // fractionDigits, significantDigits, morePrecision or lessPrecision
	hasFraction, hasSignificant        bool
	minimumInteger                     int
	minimumFraction, maximumFraction   int
	minimumSignificant, maxSignificant int
	increment                          int
	mode, priority, trailingZeros      string
}

const maxSignificantDigits = 21

func orDefault(value *int, otherwise int) int {
	if value != nil {
		return *value
	}
	return otherwise
}

func (o DigitOptions) resolve(defaults digitDefaults) (digitFormat, error) {
	f := digitFormat{
		minimumInteger: orDefault(o.MinimumIntegerDigits, 1), increment: max(1, o.RoundingIncrement),
		mode: o.RoundingMode, priority: o.RoundingPriority, trailingZeros: o.TrailingZeroDisplay,
	}
	setDefault(&f.mode, "halfExpand")
	setDefault(&f.priority, "auto")
	setDefault(&f.trailingZeros, "auto")
	if f.increment != 1 {
		defaults.maximumFraction = defaults.minimumFraction
	}
	significant := o.MinimumSignificantDigits != nil || o.MaximumSignificantDigits != nil
	fraction := o.MinimumFractionDigits != nil || o.MaximumFractionDigits != nil
	f.hasSignificant, f.hasFraction = true, true
	if f.priority == "auto" {
		f.hasSignificant = significant
		f.hasFraction = !significant && (fraction || !defaults.compact)
	}
	if err := o.resolveDigits(&f, defaults, fraction); err != nil {
		return f, err
	}
	switch {
	case !f.hasSignificant && !f.hasFraction:
		f.hasSignificant, f.hasFraction = true, true
		f.minimumFraction, f.maximumFraction, f.minimumSignificant, f.maxSignificant = 0, 0, 1, 2
		f.rounding, f.priority = "morePrecision", "morePrecision"
	case f.priority != "auto":
		f.rounding = f.priority
	case significant:
		f.rounding = "significantDigits"
	default:
		f.rounding = "fractionDigits"
	}
	if f.increment != 1 && f.maximumFraction != f.minimumFraction {
		return f, errors.New("roundingIncrement value is out of range: maximumFractionDigits must equal minimumFractionDigits")
	}
	return f, nil
}

func (o DigitOptions) resolveDigits(f *digitFormat, defaults digitDefaults, fraction bool) error {
	if f.hasSignificant {
		f.minimumSignificant = orDefault(o.MinimumSignificantDigits, 1)
		f.maxSignificant = orDefault(o.MaximumSignificantDigits, maxSignificantDigits)
		if f.minimumSignificant > f.maxSignificant {
			return errors.New("maximumSignificantDigits value is out of range.") //nolint:staticcheck // the text of a RangeError
		}
	}
	if !f.hasFraction {
		return nil
	}
	f.minimumFraction, f.maximumFraction = defaults.minimumFraction, defaults.maximumFraction
	if !fraction {
		return nil
	}
	low, high := o.MinimumFractionDigits, o.MaximumFractionDigits
	switch {
	case low == nil:
		f.minimumFraction, f.maximumFraction = min(defaults.minimumFraction, *high), *high
	case high == nil:
		f.minimumFraction, f.maximumFraction = *low, max(defaults.maximumFraction, *low)
	case *low > *high:
		return errors.New("maximumFractionDigits value is out of range.") //nolint:staticcheck // the text of a RangeError
	default:
		f.minimumFraction, f.maximumFraction = *low, *high
	}
	return nil
}

// rounded is a number with its digits.
type rounded struct {
	decimal
	digits string // without a sign
}

// round returns a finite number with the digits that are to be shown (ECMA-402, FormatNumericToString).
func (f digitFormat) round(d decimal) rounded {
	var r rounded
	switch f.rounding {
	case "significantDigits":
		r, _ = f.roundSignificant(d)
	case "fractionDigits":
		r, _ = f.roundFraction(d)
	default:
		bySignificant, significantPlace := f.roundSignificant(d)
		byFraction, fractionPlace := f.roundFraction(d)
		r = byFraction
		if (significantPlace <= fractionPlace) == (f.rounding == "morePrecision") {
			r = bySignificant
		}
	}
	integer, fraction, _ := strings.Cut(r.digits, ".")
	if f.trailingZeros == "stripIfInteger" && strings.Trim(fraction, "0") == "" {
		r.digits = integer
	}
	if missing := f.minimumInteger - len(integer); missing > 0 {
		r.digits = strings.Repeat("0", missing) + r.digits
	}
	return r
}

func (f digitFormat) roundFraction(d decimal) (r rounded, place int) {
	value := d.roundTo(-f.maximumFraction, f.increment, f.mode)
	return rounded{value, value.fixed(f.minimumFraction, f.maximumFraction)}, -f.maximumFraction
}

func (f digitFormat) roundSignificant(d decimal) (r rounded, place int) {
	place = d.magnitude() - f.maxSignificant + 1
	value := d.roundTo(place, 1, f.mode)
	digits := max(0, -place)
	return rounded{value, value.fixed(max(0, f.minimumSignificant-1-value.magnitude()), digits)}, place
}

func (f digitFormat) resolved() Resolved {
	r := Resolved{{"minimumIntegerDigits", f.minimumInteger}}
	if f.hasFraction {
		r = append(r, Property{"minimumFractionDigits", f.minimumFraction}, Property{"maximumFractionDigits", f.maximumFraction})
	}
	if f.hasSignificant {
		r = append(r, Property{"minimumSignificantDigits", f.minimumSignificant}, Property{"maximumSignificantDigits", f.maxSignificant})
	}
	return r
}

func (f digitFormat) resolvedRounding() Resolved {
	return Resolved{
		{"roundingIncrement", f.increment}, {"roundingMode", f.mode},
		{"roundingPriority", f.priority}, {"trailingZeroDisplay", f.trailingZeros},
	}
}
