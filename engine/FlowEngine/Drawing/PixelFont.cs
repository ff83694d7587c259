namespace FlowEngine.Drawing;

/// <summary>Letters of 5x7 pixels.</summary>
internal static class PixelFont
{
    /// <summary>Columns of a glyph.</summary>
    public const int Width = 5;

    /// <summary>Rows of a glyph.</summary>
    public const int Height = 7;

    /// <summary>Each glyph is a character, then seven rows from the top: five bits, as a digit of base 32.</summary>
    private const string Glyphs =
        " 0000000 !4444404 \"aaa0000 #aavavaa %op248j3 &cik8lid 'c480000 (2488842 )8422248 *04lel40 +044v440 ,0000c48 "
        + "-000v000 .00000cc /01248g0 :0cc0cc0 ;0cc0c48 <248g842 =00v0v00 >8421248 ?eh12404 [e88888e ]e22222e ^4ah0000 "
        + "_000000v |4444444 0ehjlphe 14c4444e 2eh1248v 3v2421he 426aiv22 5vgu11he 668guhhe 7v124888 8ehhehhe 9ehhf12c "
        + "Aehhvhhh Buhhuhhu Cehggghe Dsihhhis Evgguggv Fvgguggg Gehgnhhf Hhhhvhhh Ie44444e J72222ic Khikokih "
        + "Lggggggv Mhrllhhh Nhhpljhh Oehhhhhe Puhhuggg Qehhhlid Ruhhukih Sfgge11u Tv444444 Uhhhhhhe Vhhhhha4 Whhhllla "
        + "Xhha4ahh Yhhha444 Zv1248gv a00e1fhf bggmphhu c00egghe d11djhhf e00ehvge f698s888 g0fhhf1e hggmphhh i40c444e "
        + "j20622ic kggikoki lc44444e m00qllhh n00mphhh o00ehhhe p00uhugg q00djf11 r00mpggg s00ege1u t88s8896 u00hhhjd "
        + "v00hhha4 w00hhlla x00ha4ah y00hhf1e z00v248v ";

    private static readonly Dictionary<char, byte[]> _rows = Glyphs.Chunk(9).ToDictionary(
        glyph => glyph[0], glyph => Array.ConvertAll(glyph[1..8], digit => (byte)(digit <= '9' ? digit - '0' : digit - 'a' + 10)));

    /// <summary>True where the glyph of a character is inked; characters without one show as a question mark.</summary>
    public static bool IsInked(char character, int x, int y) =>
        ((_rows.GetValueOrDefault(character) ?? _rows['?'])[y] >> (Width - 1 - x) & 1) != 0;
}
