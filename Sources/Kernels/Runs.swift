/// Short runs of contiguous floats, as im2col moves them: too short for a call of memcpy, of lengths known only at run time.

/// `target[i]` ← `source[i]`. A last vector overlaps the one before it, so nothing outside the run is read or written.
@inline(__always)
func copyRun(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
    if count >= 8 {
        var i = 0
        while i + 8 <= count {
            store8(load8(source + i), at: target + i)
            i += 8
        }
        store8(load8(source + (count - 8)), at: target + (count - 8))
    } else {
        for i in 0..<count { target[i] = source[i] }
    }
}

/// `target[i]` ← `target[i] + source[i]`.
@inline(__always)
func addRun(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
    var i = 0
    while i + 8 <= count {
        store8(load8(UnsafePointer(target + i)) + load8(source + i), at: target + i)
        i += 8
    }
    while i < count {
        target[i] += source[i]
        i += 1
    }
}

@inline(__always)
func load8(_ source: UnsafePointer<Float>) -> SIMD8<Float> { SIMD8(at: source) }

@inline(__always)
func store8(_ value: SIMD8<Float>, at target: UnsafeMutablePointer<Float>) { value.store(at: target) }
