/// A piece of a regular expression.
indirect enum RegexpNode {
    case empty
    /// Bytes as they are.
    case literal([UInt8], ignoresCase: Bool)
    case any(matchesNewline: Bool)
    case set(ScalarSet)
    case assert(RegexpProgram.Assertion)
    case sequence([RegexpNode])
    case alternatives([RegexpNode])
    case group(RegexpNode, number: Int)
    case look(RegexpNode, isBehind: Bool, isNegative: Bool)
    case atomic(RegexpNode)
    case backreference(Int, ignoresCase: Bool)
    case namedBackreference(String, ignoresCase: Bool)
    case repeated(RegexpNode, least: Int, most: Int?, mode: RepeatMode)
    case keep

    enum RepeatMode { case greedy, lazy, possessive }
}
