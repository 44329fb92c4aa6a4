/// The system calls that a build may not make, as a program for the kernel's own filter.
///
/// Everything is allowed but what changes the machine, looks into other processes, or has been a way out of sandboxes
/// and is of no use to a compiler. `sandbox/README.md` gives the reason for each group.
package struct SystemCallFilter: Sendable {
    /// Numbers and names differ between processors; the table says which they are.
    package enum Processor: Sendable {
        case x86_64, arm64

        fileprivate var auditNumber: UInt32 {
            switch self {
            case .x86_64: 0xC000_003E
            case .arm64: 0xC000_00B7
            }
        }

        package static var current: Processor {
            #if arch(arm64)
                .arm64
            #else
                .x86_64
            #endif
        }
    }

    private enum Verdict {
        static let allow: UInt32 = 0x7FFF_0000
        static let kill: UInt32 = 0x8000_0000
        static func error(_ number: UInt32) -> UInt32 { 0x0005_0000 | number }
        static let notPermitted = error(1)
        static let notThere = error(38)
        static let noSuchFamily = error(97)
    }

    /// Where things stand in what the kernel hands to a filter.
    private enum Field {
        static let number: UInt32 = 0
        static let architecture: UInt32 = 4
        /// The lower half of an argument: both processors are little-endian.
        static func argument(_ index: UInt32) -> UInt32 { 16 + 8 * index }
    }

    private struct Instruction {
        var code: UInt16
        var yes: UInt8 = 0
        var no: UInt8 = 0
        var value: UInt32

        static func load(_ offset: UInt32) -> Instruction { Instruction(code: 0x20, value: offset) }
        static func answer(_ value: UInt32) -> Instruction { Instruction(code: 0x06, value: value) }
        /// Skips what is next unless equal.
        static func unlessEqual(_ value: UInt32, skip: UInt8) -> Instruction {
            Instruction(code: 0x15, yes: 0, no: skip, value: value)
        }
        static func ifEqual(_ value: UInt32, skip: UInt8) -> Instruction {
            Instruction(code: 0x15, yes: skip, no: 0, value: value)
        }
        static func unlessAtLeast(_ value: UInt32, skip: UInt8) -> Instruction {
            Instruction(code: 0x35, yes: 0, no: skip, value: value)
        }
        static func unlessAnyBit(_ value: UInt32, skip: UInt8) -> Instruction {
            Instruction(code: 0x45, yes: 0, no: skip, value: value)
        }

        var bytes: [UInt8] {
            [UInt8(code & 0xFF), UInt8(code >> 8), yes, no]
                + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
    }

    private var program: [Instruction] = []

    package init(_ processor: Processor = .current) {
        program = [
            .load(Field.architecture), .ifEqual(processor.auditNumber, skip: 1), .answer(Verdict.kill),
            .load(Field.number),
        ]
        // The x32 calls of x86-64 would be a second set of numbers.
        if processor == .x86_64 { program += [.unlessAtLeast(0x4000_0000, skip: 1), .answer(Verdict.notThere)] }
        let table = SystemCallTable(processor)
        for number in table.refused { refuse(number, Verdict.notPermitted) }
        // Programs fall back to an older call where one of these is not there.
        for number in table.absent { refuse(number, Verdict.notThere) }
        refuse(table.clone, ifAnyOf: 0x7E02_0000, in: 0)
        // TIOCSTI and TIOCLINUX put characters into the input of a terminal.
        for request: UInt32 in [0x5412, 0x541C] { refuse(table.ioctl, ifEqual: request, in: 1) }
        allowFamilies([1, 2, 10, 16], of: table.socket)
        allowFamilies([1, 2, 10, 16], of: table.socketPair)
        program.append(.answer(Verdict.allow))
    }

    /// As `bwrap --seccomp` reads it.
    package var bytes: [UInt8] { program.flatMap(\.bytes) }

    private mutating func refuse(_ number: UInt32, _ verdict: UInt32) {
        program += [.unlessEqual(number, skip: 1), .answer(verdict)]
    }

    private mutating func refuse(_ number: UInt32, ifAnyOf bits: UInt32, in argument: UInt32) {
        program += [
            .unlessEqual(number, skip: 4), .load(Field.argument(argument)), .unlessAnyBit(bits, skip: 1),
            .answer(Verdict.notPermitted), .load(Field.number),
        ]
    }

    private mutating func refuse(_ number: UInt32, ifEqual value: UInt32, in argument: UInt32) {
        program += [
            .unlessEqual(number, skip: 4), .load(Field.argument(argument)), .unlessEqual(value, skip: 1),
            .answer(Verdict.notPermitted), .load(Field.number),
        ]
    }

    /// Local, IPv4, IPv6 and routing sockets: the namespace confines those. Virtual machine sockets and their kind, it
    /// does not.
    private mutating func allowFamilies(_ families: [UInt32], of number: UInt32) {
        let count = UInt8(families.count)
        program += [.unlessEqual(number, skip: count + 3), .load(Field.argument(0))]
        for (index, family) in families.enumerated() { program.append(.ifEqual(family, skip: count - UInt8(index))) }
        program += [.answer(Verdict.noSuchFamily), .load(Field.number)]
    }
}
