/// Binding arguments to parameters.
extension Interpreter {
    /// - Parameter isStrict: the number of arguments must fit, as for methods and lambdas; blocks take what they get.
    func bind(
        _ parameters: [ParameterNode], _ arguments: [Value], _ hasKeywords: Bool, _ block: ProcBox?, _ frame: Frame,
        isStrict: Bool, _ span: SourceSpan
    ) throws {
        if bindSimply(parameters, arguments, frame) { return }
        let shape = ParameterShape(parameters)
        var positional = arguments
        var keywords: HashBox?
        if shape.takesKeywords {
            if hasKeywords, case .hash(let box)? = positional.last {
                keywords = box
                positional.removeLast()
            }
        } else if hasKeywords, case .hash(let box)? = positional.last, box.count == 0 {
            positional.removeLast()
        }
        if !isStrict, positional.count == 1, shape.spreadsArray, case .array(let box) = positional[0] {
            positional = box.elements
        }
        if isStrict, positional.count < shape.required || (!shape.hasRest && positional.count > shape.positional) {
            throw exception(
                "ArgumentError",
                "wrong number of arguments (given \(positional.count), expected \(shape.expectation))", span)
        }
        try bindPositional(parameters, positional, shape, frame)
        try bindOthers(parameters, keywords, block, frame, isStrict: isStrict, span)
    }

    /// Only required parameters, as many as there are arguments.
    private func bindSimply(
        _ parameters: [ParameterNode], _ arguments: [Value], _ frame: Frame
    ) -> Bool {
        guard parameters.count == arguments.count else { return false }
        for parameter in parameters {
            guard case .required = parameter.kind else { return false }
        }
        for (parameter, argument) in zip(parameters, arguments) { frame.declare(parameter.name, argument) }
        return true
    }

    private func bindPositional(
        _ parameters: [ParameterNode], _ values: [Value], _ shape: ParameterShape, _ frame: Frame
    ) throws {
        var index = 0
        var optionalsLeft = max(0, values.count - shape.required)
        var requiredAfterRest = shape.requiredAfterRest
        for parameter in parameters {
            switch parameter.kind {
            case .required:
                frame.declare(parameter.name, index < values.count ? values[index] : .nil)
                index += 1
            case .destructured(let pattern):
                try destructure(pattern, index < values.count ? values[index] : .nil, frame)
                index += 1
            case .optional(let fallback):
                if optionalsLeft > 0, index < values.count {
                    frame.declare(parameter.name, values[index])
                    index += 1
                    optionalsLeft -= 1
                } else {
                    frame.declare(parameter.name, try evaluate(fallback, frame))
                }
            case .rest:
                let end = max(index, values.count - requiredAfterRest)
                if !parameter.name.isEmpty {
                    frame.declare(parameter.name, .list(index < end ? Array(values[index..<end]) : []))
                }
                index = end
                requiredAfterRest = 0
            case .blockLocal: frame.declare(parameter.name, .nil)
            case .keyword, .keywordRest, .block: continue
            }
        }
    }

    private func bindOthers(
        _ parameters: [ParameterNode], _ keywords: HashBox?, _ block: ProcBox?, _ frame: Frame, isStrict: Bool,
        _ span: SourceSpan
    ) throws {
        var known: Set<String> = []
        var hasRest = false
        for parameter in parameters {
            switch parameter.kind {
            case .keyword(let fallback):
                known.insert(parameter.name)
                if let value = keywords?[symbol: parameter.name] {
                    frame.declare(parameter.name, value)
                } else if let fallback {
                    frame.declare(parameter.name, try evaluate(fallback, frame))
                } else if isStrict {
                    throw exception("ArgumentError", "missing keyword: :\(parameter.name)", span)
                } else {
                    frame.declare(parameter.name, .nil)
                }
            case .keywordRest:
                hasRest = true
                let rest = HashBox()
                for (key, value) in keywords?.pairs ?? [] {
                    if case .symbol(let name) = key, known.contains(name) { continue }
                    rest[key] = value
                }
                if !parameter.name.isEmpty { frame.declare(parameter.name, .hash(rest)) }
            case .block:
                if !parameter.name.isEmpty { frame.declare(parameter.name, block.map { .proc($0) } ?? .nil) }
            default: continue
            }
        }
        guard isStrict, !hasRest, let keywords, !known.isEmpty else { return }
        for key in keywords.keys {
            if case .symbol(let name) = key, !known.contains(name) {
                throw exception("ArgumentError", "unknown keyword: :\(name)", span)
            }
        }
    }
}

/// What a parameter list takes, counted.
private struct ParameterShape {
    var required = 0
    var optional = 0
    var hasRest = false
    var requiredAfterRest = 0
    var takesKeywords = false

    var positional: Int { required + optional }
    /// A block with such parameters spreads an array that is its only argument.
    var spreadsArray: Bool { positional > 1 || (hasRest && positional > 0) }
    var expectation: String { hasRest ? "\(required)+" : optional > 0 ? "\(required)..\(positional)" : "\(required)" }

    init(_ parameters: [ParameterNode]) {
        for parameter in parameters {
            switch parameter.kind {
            case .required, .destructured:
                required += 1
                if hasRest { requiredAfterRest += 1 }
            case .optional: optional += 1
            case .rest: hasRest = true
            case .keyword, .keywordRest: takesKeywords = true
            case .block, .blockLocal: continue
            }
        }
    }
}
