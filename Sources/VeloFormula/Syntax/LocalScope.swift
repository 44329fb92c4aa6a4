/// The local variables that are known where the parser stands.
///
/// Names are compared by their bytes in the source. Blocks see the variables around them; methods, classes and modules
/// start afresh.
struct LocalScope {
    private struct Name {
        /// The first eight bytes, packed: unequal for most names, and the whole of short ones.
        var packed: UInt64
        var start: Int
        var length: Int
    }

    private var names: [Name] = []
    /// The first name that can be seen.
    private var floor = 0
    /// The block being read has no parameters of its own, so `_1` and `it` may stand for them.
    var allowsImplicit = false
    /// The highest of `_1`, `_2`, … in the block being read.
    var numbered = 0
    var usesIt = false

    /// No variable can be seen.
    var isEmpty: Bool { names.count == floor }

    /// What to return to when a scope ends.
    struct Mark {
        fileprivate var count: Int
        fileprivate var floor: Int
        fileprivate var allowsImplicit: Bool
        fileprivate var numbered: Int
        fileprivate var usesIt: Bool
    }

    /// Opens the scope of a block, or a `closed` one that sees nothing of what is around it.
    mutating func enter(closed: Bool) -> Mark {
        let mark = Mark(
            count: names.count, floor: floor, allowsImplicit: allowsImplicit, numbered: numbered, usesIt: usesIt)
        if closed { floor = names.count }
        (allowsImplicit, numbered, usesIt) = (false, 0, false)
        return mark
    }

    mutating func leave(_ mark: Mark) {
        names.removeSubrange(mark.count...)
        (floor, allowsImplicit) = (mark.floor, mark.allowsImplicit)
        (numbered, usesIt) = (mark.numbered, mark.usesIt)
    }

    mutating func declare(_ start: Int, _ end: Int, in bytes: SourceBytes) {
        if contains(start, end, in: bytes) { return }
        names.append(Name(packed: Self.packed(start, end, bytes), start: start, length: end - start))
    }

    func contains(_ start: Int, _ end: Int, in bytes: SourceBytes) -> Bool {
        if names.count == floor { return false }
        let length = end - start
        let packed = Self.packed(start, end, bytes)
        var index = names.count
        while index > floor {
            index -= 1
            let name = names[index]
            guard name.packed == packed, name.length == length else { continue }
            if length <= 8 || Self.matches(name.start, start, length, bytes) { return true }
        }
        return false
    }

    private static func packed(_ start: Int, _ end: Int, _ bytes: SourceBytes) -> UInt64 {
        var packed: UInt64 = 0
        for index in start..<min(end, start + 8) { packed = packed << 8 | UInt64(bytes[index]) }
        return packed
    }

    private static func matches(_ first: Int, _ second: Int, _ length: Int, _ bytes: SourceBytes) -> Bool {
        for offset in 8..<length where bytes[first + offset] != bytes[second + offset] { return false }
        return true
    }
}
