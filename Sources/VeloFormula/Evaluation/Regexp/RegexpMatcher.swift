/// Runs a program over a text by backtracking, within a bound.
struct RegexpMatcher {
    private enum Choice {
        case branch(Int, Int)
        case restore(Int, Int)
        case restoreMark(Int, Int)
    }

    private let program: RegexpProgram
    private let bytes: [UInt8]
    private let searchStart: Int
    private var slots: [Int]
    private var marks: [Int]
    private var steps: Int

    /// Finds the leftmost match at or after a byte. Answers where each group starts and ends; -1 where it took no part.
    static func search(
        _ program: RegexpProgram, in bytes: [UInt8], from start: Int, steps: Int
    ) throws(RegexpBudgetError) -> [Int]? {
        var matcher = RegexpMatcher(program: program, bytes: bytes, start: start, steps: steps)
        var position = start
        while position <= bytes.count {
            if let first = program.firstByte {
                guard let next = bytes[position...].firstIndex(of: first) else { return nil }
                position = next
            }
            if let slots = try matcher.match(at: position) { return slots }
            position += position < bytes.count ? UTF8Text.length(bytes[position]) : 1
        }
        return nil
    }

    private init(program: RegexpProgram, bytes: [UInt8], start: Int, steps: Int) {
        self.program = program
        self.bytes = bytes
        self.steps = steps
        searchStart = start
        slots = Array(repeating: -1, count: program.groupCount * 2)
        marks = Array(repeating: -1, count: program.markCount)
    }

    private mutating func match(at position: Int) throws(RegexpBudgetError) -> [Int]? {
        for index in slots.indices { slots[index] = -1 }
        guard try run(from: 0, at: position, endingAt: nil) != nil else { return nil }
        return slots
    }

    /// Where the match of the instructions up to `accept` ends.
    private mutating func run(from start: Int, at begin: Int, endingAt goal: Int?) throws(RegexpBudgetError) -> Int? {
        var pc = start
        var position = begin
        var choices: [Choice] = []
        while true {
            steps -= 1
            if steps < 0 { throw RegexpBudgetError() }
            var hasFailed = false
            switch program.instructions[pc] {
            case .byte(let byte):
                if position < bytes.count, bytes[position] == byte { position += 1; pc += 1 } else { hasFailed = true }
            case .letter(let letter):
                if position < bytes.count, bytes[position] | 0x20 == letter {
                    position += 1; pc += 1
                } else {
                    hasFailed = true
                }
            case .any, .anyButNewline, .set:
                if let length = width(of: program.instructions[pc], at: position) {
                    position += length
                    pc += 1
                } else {
                    hasFailed = true
                }
            case .assert(let assertion):
                if holds(assertion, at: position) { pc += 1 } else { hasFailed = true }
            case .save(let slot):
                choices.append(.restore(slot, slots[slot]))
                slots[slot] = position
                pc += 1
            case .split(let first, let second):
                choices.append(.branch(second, position))
                pc = first
            case .jump(let target): pc = target
            case .backreference(let group, let ignoresCase):
                if let length = lengthOfRepetition(of: group, at: position, ignoresCase: ignoresCase) {
                    position += length
                    pc += 1
                } else {
                    hasFailed = true
                }
            case .look(let isBehind, let isNegative, let next):
                let saved = slots
                let found = try looks(from: pc + 1, at: position, isBehind: isBehind)
                if found == isNegative || isNegative { slots = saved }
                if found != isNegative { pc = next } else { hasFailed = true }
            case .atomic(let next):
                let saved = slots
                if let end = try run(from: pc + 1, at: position, endingAt: nil) {
                    for slot in slots.indices where slots[slot] != saved[slot] {
                        choices.append(.restore(slot, saved[slot]))
                    }
                    position = end
                    pc = next
                } else {
                    slots = saved
                    hasFailed = true
                }
            case .markIteration(let mark):
                choices.append(.restoreMark(mark, marks[mark]))
                marks[mark] = position
                pc += 1
            case .leaveIfEmpty(let mark, let exit): pc = marks[mark] == position ? exit : pc + 1
            case .keep:
                choices.append(.restore(0, slots[0]))
                slots[0] = position
                pc += 1
            case .accept:
                if goal == nil || goal == position { return position }
                hasFailed = true
            }
            if hasFailed {
                guard let (next, place) = backtrack(&choices) else { return nil }
                pc = next
                position = place
            }
        }
    }

    private mutating func backtrack(_ choices: inout [Choice]) -> (Int, Int)? {
        while let choice = choices.popLast() {
            switch choice {
            case .branch(let pc, let position): return (pc, position)
            case .restore(let slot, let value): slots[slot] = value
            case .restoreMark(let mark, let value): marks[mark] = value
            }
        }
        return nil
    }

    private mutating func looks(from pc: Int, at position: Int, isBehind: Bool) throws(RegexpBudgetError) -> Bool {
        guard isBehind else { return try run(from: pc, at: position, endingAt: nil) != nil }
        for start in stride(from: position, through: 0, by: -1)
        where start == bytes.count || bytes[start] & 0xC0 != 0x80 {
            if try run(from: pc, at: start, endingAt: position) != nil { return true }
        }
        return false
    }

    private func width(of instruction: RegexpProgram.Instruction, at position: Int) -> Int? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        let (value, length) = byte < 0x80 ? (UInt32(byte), 1) : UTF8Text.scalar(bytes, at: position)
        switch instruction {
        case .any: return length
        case .anyButNewline: return value == 10 ? nil : length
        case .set(let set): return set.contains(value) ? length : nil
        default: return nil
        }
    }

    private func lengthOfRepetition(of group: Int, at position: Int, ignoresCase: Bool) -> Int? {
        guard group * 2 + 1 < slots.count, slots[group * 2] >= 0, slots[group * 2 + 1] >= slots[group * 2] else {
            return nil
        }
        let wanted = bytes[slots[group * 2]..<slots[group * 2 + 1]]
        guard position + wanted.count <= bytes.count else { return nil }
        for (a, b) in zip(wanted, bytes[position...])
        where a != b && !(ignoresCase && a.isASCIILetter && a | 0x20 == b | 0x20) {
            return nil
        }
        return wanted.count
    }

    private func holds(_ assertion: RegexpProgram.Assertion, at position: Int) -> Bool {
        let newline = UInt8(ascii: "\n")
        switch assertion {
        case .lineStart: return position == 0 || (bytes[position - 1] == newline && position < bytes.count)
        case .lineEnd: return position == bytes.count || bytes[position] == newline
        case .textStart: return position == 0
        case .textEnd: return position == bytes.count
        case .textEndOrNewline:
            return position == bytes.count || (position == bytes.count - 1 && bytes[position] == newline)
        case .searchStart: return position == searchStart
        case .boundary, .notBoundary:
            let before = position > 0 && bytes[position - 1].isWordByte
            let after = position < bytes.count && bytes[position].isWordByte
            return (before != after) == (assertion == .boundary)
        }
    }
}

/// A match took more steps than allowed.
struct RegexpBudgetError: Error {}
