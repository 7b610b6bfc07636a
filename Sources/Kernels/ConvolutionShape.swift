/// The geometry of a two-dimensional convolution (cross-correlation, as in every deep-learning library).
///
/// Layouts: input [N, H, W, C], weights [R, S, C/groups, K], output [N, P, Q, K], all row-major with channels contiguous.
/// Y[n,p,q,k] = Σ_{r,s,c} X[n, p·stride − top + r·dilation, q·stride − left + s·dilation, c] · W[r,s,c,k], where an X outside the image is
/// 0, and c runs over the C/groups input channels of the group that k belongs to.
public struct ConvolutionShape: Sendable, Equatable {
    public let height: Int, width: Int, inputChannels: Int
    public let kernelHeight: Int, kernelWidth: Int, outputChannels: Int
    public let stride: Int, dilation: Int, groups: Int
    /// Rows of zeros above the image and columns to its left; what lies below and to the right follows from the output's size.
    public let paddingTop: Int, paddingLeft: Int
    public let outputHeight: Int, outputWidth: Int

    /// Padding by pixels on each side: the output is as large as windows fit.
    public init(
        height: Int, width: Int, inputChannels: Int, kernelHeight: Int, kernelWidth: Int, outputChannels: Int,
        stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
    ) {
        self.init(
            height: height, width: width, inputChannels: inputChannels, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
            outputChannels: outputChannels, stride: stride, dilation: dilation, groups: groups, paddingTop: padding,
            paddingLeft: padding,
            outputHeight: (height + 2 * padding - dilation * (kernelHeight - 1) - 1) / stride + 1,
            outputWidth: (width + 2 * padding - dilation * (kernelWidth - 1) - 1) / stride + 1)
    }

    /// Padding above and to the left, and the output's size.
    public init(
        height: Int, width: Int, inputChannels: Int, kernelHeight: Int, kernelWidth: Int, outputChannels: Int,
        stride: Int, dilation: Int, groups: Int, paddingTop: Int, paddingLeft: Int, outputHeight: Int, outputWidth: Int
    ) {
        self.height = height
        self.width = width
        self.inputChannels = inputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.outputChannels = outputChannels
        self.stride = stride
        self.dilation = dilation
        self.groups = groups
        self.paddingTop = paddingTop
        self.paddingLeft = paddingLeft
        self.outputHeight = outputHeight
        self.outputWidth = outputWidth
    }

    public var inputCount: Int { height * width * inputChannels }
    public var outputPixels: Int { outputHeight * outputWidth }
    public var outputCount: Int { outputPixels * outputChannels }
    public var groupInputs: Int { inputChannels / groups }
    public var groupOutputs: Int { outputChannels / groups }
    /// R·S·C/groups: the columns of the im2col matrix, the terms of one output's sum.
    public var taps: Int { kernelHeight * kernelWidth * groupInputs }
    public var weightCount: Int { taps * outputChannels }
    /// Multiply-adds of one image's forward pass.
    public var multiplyAdds: Int { outputPixels * taps * outputChannels }
}

extension ConvolutionShape: CustomStringConvertible {
    /// The whole geometry, such as `32x32x16 by 3x3 to 16x16x32 stride 2 padding 1x1`: other shapes have other descriptions. What is usual
    /// (stride 1, no padding, no dilation, one group) is left out.
    public var description: String {
        var text =
            "\(height)x\(width)x\(inputChannels) by \(kernelHeight)x\(kernelWidth) to \(outputHeight)x\(outputWidth)x\(outputChannels)"
        if stride != 1 { text += " stride \(stride)" }
        if paddingTop != 0 || paddingLeft != 0 { text += " padding \(paddingTop)x\(paddingLeft)" }
        if dilation != 1 { text += " dilation \(dilation)" }
        if groups != 1 { text += " groups \(groups)" }
        return text
    }
}
