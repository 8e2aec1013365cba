; Arithmetic modulo 2^255 - 19 for 8-bit AVR, the slow part of Ed25519. Numbers are 32 bytes, the
; low one first, below 2^255 + 2^12, and so are results. fp_field.c is the same for others.
; No branch and no address depends on a number: the time tells nothing of a key.
#if defined(__AVR__)

; gcc's calling convention: arguments in r25:r24, r23:r22, r21:r20; r2-r17, r28, r29 are the
; caller's, r1 is 0 at each call and return.

; Adds products of 32 bits to r2..r10, r25 of them: r10..r2 += X[0..3] * Z[0..3], X up, Z down.
    .text
products:
    ldd r20, Z+0
    ldd r21, Z+1
    ldd r22, Z+2
    ldd r23, Z+3
    sbiw r30, 4
    ld  r11, X+
    mul r11, r20
    movw r12, r0
    mul r11, r22
    movw r14, r0
    clr r16
    mul r11, r21
    add r13, r0
    adc r14, r1
    adc r15, r24
    mul r11, r23
    add r15, r0
    adc r16, r1
.macro row p0, p1, p2, p3, p4
    ld  r11, X+
    clr \p4
    mul r11, r20
    add \p0, r0
    adc \p1, r1
    adc \p2, r24
    adc \p3, r24
    adc \p4, r24
    mul r11, r21
    add \p1, r0
    adc \p2, r1
    adc \p3, r24
    adc \p4, r24
    mul r11, r22
    add \p2, r0
    adc \p3, r1
    adc \p4, r24
    mul r11, r23
    add \p3, r0
    adc \p4, r1
.endm
    row r13, r14, r15, r16, r17
    row r14, r15, r16, r17, r18
    row r15, r16, r17, r18, r19
    add r2, r12
    adc r3, r13
    adc r4, r14
    adc r5, r15
    adc r6, r16
    adc r7, r17
    adc r8, r18
    adc r9, r19
    adc r10, r24
    dec r25
    breq 1f
    rjmp products
1:  ret

; One word of the product: its `n` products, then X and Z move by so many bytes, to the next word.
.macro column n, x, z
    ldi r25, \n
    rcall products
    st  Y+, r2
    st  Y+, r3
    st  Y+, r4
    st  Y+, r5
    movw r2, r6
    movw r4, r8
    mov r6, r10
    clr r7
    clr r8
    clr r9
    clr r10
    sbiw r26, \x
    adiw r30, \z
.endm

; void fp_field_product(uint8_t product[64], const uint8_t a[32], const uint8_t b[32])
    .global fp_field_product
fp_field_product:
    .irp r, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29
    push r\r
    .endr
    movw r28, r24
    movw r26, r22
    movw r30, r20
    clr r24
    clr r2
    clr r3
    movw r4, r2
    movw r6, r2
    movw r8, r2
    clr r10
    column 1, 4, 8
    column 2, 8, 12
    column 3, 12, 16
    column 4, 16, 20
    column 5, 20, 24
    column 6, 24, 28
    column 7, 28, 32
    column 8, 28, 32
    column 7, 24, 28
    column 6, 20, 24
    column 5, 16, 20
    column 4, 12, 16
    column 3, 8, 12
    column 2, 4, 8
    column 1, 0, 0
    st  Y+, r2
    st  Y+, r3
    st  Y+, r4
    st  Y+, r5
    clr r1
    .irp r, 29, 28, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2
    pop r\r
    .endr
    ret

; void fp_field_reduce(uint8_t out[32], uint8_t product[64]); wipes the product.
    .global fp_field_reduce
fp_field_reduce:
    push r28
    push r29
    movw r28, r24
    movw r26, r22
    movw r30, r22
    adiw r30, 32
    clr r18
    clr r19
    ldi r22, 38
    ldi r25, 32
1:  ld  r20, Z
    st  Z+, r19
    mul r20, r22
    ld  r20, X
    st  X+, r19
    add r0, r20
    adc r1, r19
    add r0, r18
    adc r1, r19
    st  Y+, r0
    mov r18, r1
    dec r25
    brne 1b
    rjmp fold

; void fp_field_add(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
    .global fp_field_add
fp_field_add:
    push r28
    push r29
    movw r28, r24
    movw r26, r22
    movw r30, r20
    clr r19
    ldi r25, 32
    clc
1:  ld  r18, X+
    ld  r20, Z+
    adc r18, r20
    st  Y+, r18
    dec r25
    brne 1b
    clr r18
    adc r18, r19
    rjmp fold

; void fp_field_sub(uint8_t out[32], const uint8_t a[32], const uint8_t b[32]): a + 2 p - b, where
; 2 p is 2^256 - 38.
    .global fp_field_sub
fp_field_sub:
    push r28
    push r29
    movw r28, r24
    movw r26, r22
    movw r30, r20
    clr r19
    ldi r22, 38
    ldi r25, 32
    ; r22: what the byte before has borrowed, 0 to 2; at first the constant.
1:  ld  r18, X+
    ld  r20, Z+
    sub r18, r22
    sbc r22, r22
    sub r18, r20
    sbc r22, r19
    neg r22
    st  Y+, r18
    dec r25
    brne 1b
    ldi r18, 1
    sub r18, r22
    rjmp fold

; The last part of the three above: the number is in out, r18 * 2^256 on top of it. Bits from 2^255
; up count 19 times at the bottom. Y is behind out, r19 is 0.
fold:
    sbiw r28, 32
    ldd r20, Y+31
    mov r21, r20
    andi r20, 0x7f
    std Y+31, r20
    lsl r21
    rol r18
    ldi r20, 19
    mul r18, r20
    movw r20, r0
    clr r1
    ld  r18, Y
    add r18, r20
    st  Y+, r18
    ld  r18, Y
    adc r18, r21
    st  Y+, r18
    ldi r25, 30
1:  ld  r18, Y
    adc r18, r19
    st  Y+, r18
    dec r25
    brne 1b
    pop r29
    pop r28
    ret

; void fp_field_move(uint8_t out[32], const uint8_t in[32], uint8_t mask): out = in where mask is 255;
; where it is 0 out stays.
    .global fp_field_move
fp_field_move:
    movw r30, r24
    movw r26, r22
    ldi r25, 32
1:  ld  r18, X+
    ld  r19, Z
    eor r18, r19
    and r18, r20
    eor r18, r19
    st  Z+, r18
    dec r25
    brne 1b
    ret

#endif
