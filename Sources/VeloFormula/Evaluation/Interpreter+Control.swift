/// Loops, `case`, `begin … rescue`, `defined?`.
extension Interpreter {
    func evaluateLoop(_ condition: SyntaxNode, _ body: SyntaxNode, runsFirst: Bool, _ frame: Frame) throws -> Value {
        frame.loops += 1
        defer { frame.loops -= 1 }
        var isFirst = runsFirst
        do {
            while try isFirst || evaluate(condition, frame).isTruthy {
                isFirst = false
                try runIgnoringNext { _ = try evaluate(body, frame) }
            }
        } catch Unwind.loopBreak {
            return baggage.value
        }
        return .nil
    }

    func evaluateFor(_ target: SyntaxNode, _ sequence: SyntaxNode, _ body: SyntaxNode, _ frame: Frame) throws -> Value {
        let values = try list(from: evaluate(sequence, frame))
        frame.loops += 1
        defer { frame.loops -= 1 }
        do {
            for value in values {
                try destructure(target, value, frame, declares: false)
                try runIgnoringNext { _ = try evaluate(body, frame) }
            }
        } catch Unwind.loopBreak {
            return baggage.value
        }
        return .list(values)
    }

    private func runIgnoringNext(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch Unwind.next {
            return
        }
    }

    func evaluateCase(
        _ subject: SyntaxNode?, _ branches: [WhenBranch], _ otherwise: SyntaxNode?, _ frame: Frame
    ) throws -> Value {
        let value = try subject.map { try evaluate($0, frame) }
        for branch in branches {
            for condition in branch.conditions where try matches(condition, value, frame) {
                return try evaluate(branch.body, frame)
            }
        }
        return try otherwise.map { try evaluate($0, frame) } ?? .nil
    }

    private func matches(_ condition: SyntaxNode, _ value: Value?, _ frame: Frame) throws -> Bool {
        if case .splat(let operand?) = condition.kind {
            for pattern in try list(from: evaluate(operand, frame)) {
                if try value.map({ try caseEqual(pattern, $0) }) ?? pattern.isTruthy { return true }
            }
            return false
        }
        let pattern = try evaluate(condition, frame)
        return try value.map { try caseEqual(pattern, $0) } ?? pattern.isTruthy
    }

    func evaluateBegin(
        _ body: SyntaxNode, _ rescues: [RescueClause], _ otherwise: SyntaxNode?, _ ensure: SyntaxNode?, _ frame: Frame
    ) throws -> Value {
        do {
            let value = try attempt(body, rescues, otherwise, frame)
            if let ensure { _ = try evaluate(ensure, frame) }
            return value
        } catch {
            if case Unwind.refused = error { throw error }
            let kept = baggage
            if let ensure { _ = try evaluate(ensure, frame) }
            baggage = kept
            throw error
        }
    }

    private func attempt(
        _ body: SyntaxNode, _ rescues: [RescueClause], _ otherwise: SyntaxNode?, _ frame: Frame
    ) throws -> Value {
        var attempts = 0
        while true {
            do {
                let value = try evaluate(body, frame)
                return try otherwise.map { try evaluate($0, frame) } ?? value
            } catch {
                let kept = baggage
                guard let raised = raisedException(error),
                    let clause = try rescues.first(where: { try rescuesException($0, raised, frame) })
                else {
                    baggage = kept
                    throw error
                }
                if let target = clause.target { try assign(target, .object(raised), frame) }
                exceptions.append(raised)
                defer { exceptions.removeLast() }
                do {
                    return try evaluate(clause.body, frame)
                } catch Unwind.retry {
                    attempts += 1
                    guard attempts < 1000 else { throw error }
                }
            }
        }
    }

    /// The Ruby exception that an error is, if it is one.
    func raisedException(_ error: any Error) -> ExceptionObject? {
        if case Unwind.raised = error { return baggage.exception }
        if let error = error as? HostError {
            return ExceptionObject("Errno::\(error.code.rawValue)", error.message, span: site)
        }
        return nil
    }

    private func rescuesException(_ clause: RescueClause, _ raised: ExceptionObject, _ frame: Frame) throws -> Bool {
        if clause.classes.isEmpty { return isKind(.object(raised), ofClassNamed: "StandardError") }
        for pattern in try evaluateList(clause.classes, frame) {
            guard case .type(let type) = pattern else { continue }
            if try caseEqual(.type(type), .object(raised)) { return true }
        }
        return false
    }

    func evaluateDefined(_ operand: SyntaxNode, _ frame: Frame) throws -> Value {
        switch operand.kind {
        case .local: return .text("local-variable")
        case .nil, .self, .true, .false: return .text("expression")
        case .instanceVariable(let name):
            return variables(of: frame.selfValue)?.variables[name] == nil ? .nil : .text("instance-variable")
        case .globalVariable(let name): return globals[name] == nil ? .nil : .text("global-variable")
        case .classVariable(let name):
            return frame.lexical.module.classVariables[name] == nil ? .nil : .text("class variable")
        case .constant:
            do {
                _ = try evaluate(operand, frame)
                return .text("constant")
            } catch Unwind.refused {
                return .nil
            } catch Unwind.raised {
                return .nil
            }
        case .call(let call):
            if call.receiver == nil {
                let isKnown = responds(frame.selfValue, to: call.name) || KernelMethods.table[call.name] != nil
                return isKnown ? .text("method") : .nil
            }
            guard let receiver = call.receiver, let value = try? evaluate(receiver, frame) else { return .nil }
            return responds(value, to: call.name) ? .text("method") : .nil
        case .superCall: return frame.activation.owner?.superclass == nil ? .nil : .text("super")
        case .yield: return frame.activation.block == nil ? .nil : .text("yield")
        case .assign, .operatorAssign, .multipleAssign: return .text("assignment")
        default: return .text("expression")
        }
    }
}
