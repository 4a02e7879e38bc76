import os, struct, sys, unittest, time
import test_mapihttp as T
from dovetail_test.case import TestCase
from dovetail_test.dovecot import DOMAIN

class Rops:
    def __init__(self, client): self.c=client; 
    def run(self, rops, handles, flags=3):
        body=b"".join(rops); buf=struct.pack("<H",len(body)+2)+body+struct.pack("<%dI"%len(handles),*handles)
        buffers=T.rhe(buf)
        a=self.c.ask("Execute", struct.pack("<II",flags,len(buffers))+buffers+struct.pack("<II",0x10008,0))
        assert a.code==0,(a.code,a.body)
        error,payloads=T.executed(a)
        if error: return error,None,None
        p=payloads[0]; n=struct.unpack_from("<H",p)[0]
        h=list(struct.unpack("<%dI"%((len(p)-n)//4),p[n:]))
        return 0,p[2:n],h

def logon(dn,idx=0,lid=0):
    d=dn.encode()+b"\0"
    return struct.pack("<BBBBIIH",0xfe,lid,idx,1,0x0100040c,0,len(d))+d
def openfolder(i,o,fid): return struct.pack("<BBBBQB",2,0,i,o,fid,0)
def hier(i,o,flags=4): return struct.pack("<BBBBB",4,0,i,o,flags)
def cont(i,o,flags=0): return struct.pack("<BBBBB",5,0,i,o,flags)
def setcols(i,tags): return struct.pack("<BBBBH",0x12,0,i,0,len(tags))+b"".join(struct.pack("<I",t) for t in tags)
def query(i,n=50): return struct.pack("<BBBBBH",0x15,0,i,0,1,n)
def getprops(i,tags): return struct.pack("<BBBHHH",7,0,i,0,1,len(tags))+b"".join(struct.pack("<I",t) for t in tags)
def getall(i): return struct.pack("<BBBHH",8,0,i,0,1)
def openmsg(i,o,fid,mid): return struct.pack("<BBBBHQBQ",3,0,i,o,1252,fid,3,mid)
def u16(s): return s.encode("utf-16-le")+b"\0\0"

class Smoke(TestCase):
    options={"relay":True}
    def test_it(self):
        u=self.new_user()
        for i in range(5): self.deliver(u,"Subject %d"%i,"body %d\r\n"%i)
        c=T.Client(self,u); c.connect(); r=Rops(c)
        t=time.time(); e,p,h=r.run([logon(T.user_dn(u))],[0xffffffff]); print("logon",e,p[:6].hex() if p else None,h,time.time()-t)
        assert p[2:6]==b"\0\0\0\0",p.hex()
        ids=struct.unpack_from("<13Q",p,7); print(["%x"%x for x in ids])
        L=h[0]
        e,p,h=r.run([openfolder(0,1,ids[3]),hier(1,2),setcols(2,[0x3001001f,0x67480014,0x36020003,0x3613001f]),query(2,100)],[L,0xffffffff,0xffffffff]); print(e,len(p),p[:40].hex()); 
        i=p.find(b"\x15\x02"); print("rows",p[i:i+9].hex()); print(p[i:].decode("utf-16-le","ignore")[:10])
        t=time.time()
        e,p,h=r.run([openfolder(0,1,ids[4]),cont(1,2),setcols(2,[0x674a0014,0x0037001f,0x0e060040,0x0c1a001f,0x0e070003,0x0e080003]),query(2,100)],[L,0xffffffff,0xffffffff]); print(e,len(p),p.hex(),time.time()-t)
        i=p.find(b"\x15\x02\0\0\0\0"); assert i>0; n=struct.unpack_from("<H",p,i+7)[0]; print("messages",n)
        mid=struct.unpack_from("<Q",p,i+10)[0]; print("mid %x"%mid)
        e,p,h2=r.run([openmsg(0,1,ids[4],mid),getprops(1,[0x0037001f,0x1000001f,0x10130102,0x0c1a001f,0x0e04001f,0x007d001f]),getall(1)],[L,0xffffffff]); print(e,len(p))
        # create message in Drafts and send
        e,p,h=r.run([getprops(0,[0x0ffb0102,0x6639001f,0x661b0102])],[L]); print("store",p.hex())
        fid=ids[4]
        cm=struct.pack("<BBBBHQB",6,0,0,1,1252,fid,0)
        vals=struct.pack("<I",0x0037001f)+u16("Hello from MAPI")+struct.pack("<I",0x1000001f)+u16("The body\r\n")
        sp=struct.pack("<BBBHH",0x0a,0,1,len(vals)+2,2)+vals
        row=struct.pack("<H",0x0003|0x0008|0x0010|0x0200)+u16("x@example.net")+u16("X Y")+struct.pack("<HB",0,0)
        mr=struct.pack("<BBBHHIBH",0x0e,0,1,0,1,0,1,len(row))+row
        sv=struct.pack("<BBBBB",0x0c,0,1,1,0x0a)
        e,p,h=r.run([cm,sp,mr,sv],[L,0xffffffff]); print("create",e,p.hex() if p else None)
        sub=struct.pack("<BBBB",0x32,0,1,0)
        e,p,h=r.run([sub],[L,h[1]]); print("submit",e,p.hex())
        print(self.dovecot.mta.mails); print("\n".join([l for l in open(self.dovecot.path("info.log")) if "dovetail-worker" in l][-6:]))
        im=self.imap(u); 
        for f in ("INBOX",):
            im.select(f); print(f, im.search(None,"ALL"), im.fetch("1:*","(FLAGS)")[1][-2:])
        print(im.fetch("*","(RFC822)")[1][0][1].decode()[:800])
