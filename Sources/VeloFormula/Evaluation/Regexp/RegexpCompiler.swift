/// Lays the pieces of a regular expression out as instructions.
struct RegexpCompiler {
    private(set) var instructions: [RegexpProgram.Instruction] = []
    private(set) var markCount = 0

    private static let largest = 100_000

    mutating func emit(_ instruction: RegexpProgram.Instruction) { instructions.append(instruction) }

    mutating func compile(_ node: RegexpNode) throws(RegexpSyntaxError) {
        guard instructions.count < Self.largest else { throw RegexpSyntaxError(reason: "it is too large") }
        switch node {
        case .empty: break
        case .literal(let bytes, let ignoresCase):
            for byte in bytes { emit(ignoresCase && byte.isASCIILetter ? .letter(byte | 0x20) : .byte(byte)) }
        case .any(let matchesNewline): emit(matchesNewline ? .any : .anyButNewline)
        case .set(let set): emit(.set(set))
        case .assert(let assertion): emit(.assert(assertion))
        case .keep: emit(.keep)
        case .backreference(let group, let ignoresCase): emit(.backreference(group, ignoresCase: ignoresCase))
        case .namedBackreference(let name, _): throw RegexpSyntaxError(reason: "no group is named `\(name)`")
        case .sequence(let nodes): for node in nodes { try compile(node) }
        case .group(let inner, let number):
            emit(.save(number * 2))
            try compile(inner)
            emit(.save(number * 2 + 1))
        case .alternatives(let branches): try compile(branches: branches)
        case .look(let inner, let isBehind, let isNegative):
            let start = instructions.count
            emit(.accept)
            try compile(inner)
            emit(.accept)
            instructions[start] = .look(isBehind: isBehind, isNegative: isNegative, next: instructions.count)
        case .atomic(let inner): try compile(atomic: inner)
        case .repeated(let inner, let least, let most, let mode):
            if mode == .possessive {
                try compile(atomic: .repeated(inner, least: least, most: most, mode: .greedy))
            } else {
                try compile(inner, least: least, most: most, isLazy: mode == .lazy)
            }
        }
    }

    private mutating func compile(atomic inner: RegexpNode) throws(RegexpSyntaxError) {
        let start = instructions.count
        emit(.accept)
        try compile(inner)
        emit(.accept)
        instructions[start] = .atomic(next: instructions.count)
    }

    private mutating func compile(branches: [RegexpNode]) throws(RegexpSyntaxError) {
        var exits: [Int] = []
        for (index, branch) in branches.enumerated() {
            if index == branches.count - 1 {
                try compile(branch)
            } else {
                let split = instructions.count
                emit(.accept)
                try compile(branch)
                exits.append(instructions.count)
                emit(.accept)
                instructions[split] = .split(split + 1, instructions.count)
            }
        }
        for exit in exits { instructions[exit] = .jump(instructions.count) }
    }

    private mutating func compile(
        _ inner: RegexpNode, least: Int, most: Int?, isLazy: Bool
    ) throws(RegexpSyntaxError) {
        for _ in 0..<least { try compile(inner) }
        if let most {
            var splits: [Int] = []
            for _ in least..<max(least, most) {
                splits.append(instructions.count)
                emit(.accept)
                try compile(inner)
            }
            for split in splits { instructions[split] = branch(split + 1, instructions.count, isLazy) }
            return
        }
        let mark = markCount
        markCount += 1
        let split = instructions.count
        emit(.accept)
        emit(.markIteration(mark))
        try compile(inner)
        emit(.leaveIfEmpty(mark, exit: instructions.count + 2))
        emit(.jump(split))
        instructions[split] = branch(split + 1, instructions.count, isLazy)
    }

    private func branch(_ inside: Int, _ outside: Int, _ isLazy: Bool) -> RegexpProgram.Instruction {
        isLazy ? .split(outside, inside) : .split(inside, outside)
    }
}
